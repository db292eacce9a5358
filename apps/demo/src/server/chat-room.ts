import { type Arrival, parseSay, type RoomMessage, type Said } from '../shared/room-messages.ts'

const remembered = 50

/** Somebody in the room: a connection that is authenticated. */
export interface Guest {
  readonly connection: string
  readonly userId: string
  readonly name: string
  readonly method: string
  readonly arrival: Arrival
  send(text: string): void
}

/** One room for everybody. It outlives a restart of the socket server, as a database would. */
export class ChatRoom {
  readonly #guests = new Set<Guest>()
  readonly #history: Said[] = []

  enter(guest: Guest): void {
    this.#guests.add(guest)
    const { connection, method, arrival } = guest
    tell(guest, { type: 'welcome', connection, method, arrival, history: this.#history })
    this.#tellPeople()
  }

  leave(guest: Guest): void {
    if (this.#guests.delete(guest)) this.#tellPeople()
  }

  /** What a guest sent; anything but a message of the chat is ignored. */
  hear(guest: Guest, text: string): void {
    const say = parseSay(text)
    if (say === undefined) return
    // A page that lost its connection cannot know whether its last message arrived, and says it again.
    const before = this.#history.find(({ id, userId }) => id === say.id && userId === guest.userId)
    if (before) {
      tell(guest, before)
      return
    }
    const { userId, name } = guest
    const said: Said = { type: 'said', id: say.id, text: say.text, from: name, userId, atMs: Date.now() }
    this.#history.push(said)
    if (this.#history.length > remembered) this.#history.shift()
    for (const other of this.#guests) tell(other, said)
  }

  #tellPeople(): void {
    const names = [...new Set([...this.#guests].map(({ name }) => name))].sort((a, b) => a.localeCompare(b))
    for (const guest of this.#guests) tell(guest, { type: 'people', names })
  }
}

function tell(guest: Guest, message: RoomMessage): void {
  guest.send(JSON.stringify(message))
}
