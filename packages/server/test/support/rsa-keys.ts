import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** Two RSA keys for tests alone, written down because making one takes up to a second. */
const numbers: readonly Readonly<Record<string, string>>[] = [
  {
    kty: 'RSA',
    n: [
      'vW-O_Rkem_poT4zLGs46rABx_6Y8Acqb51iD8eB1D2EGg_s1raNip_iV1KI9w4RQ7HvpHld-SumsdkE2XkFDqqyQMqCAOU9h',
      '-ew0N2F-Jjy9l5wzP3J2XojVyXquJlN05_6V1iqArj6AqnOJi0o-i3Oig3w22JJZri0jQ2_sltxRnaa3W7ZJoRnGmfMHKTJB',
      'L2Zy_DYOtptm2m3NcyQpwbHvrarvwuDCezSMoHMPeTvWj-qJGLRfXXF_nfswM5trte-w1HJYIRBqZF_5CFFy_MuMIQV8yZ2C',
      'E5Ngf4GVkWYAPn347Tm-BEBO0zPY6vseOXU5-0QJ_qlj3T6aU8tSiw',
    ].join(''),
    e: 'AQAB',
    d: [
      'Ein8P_CEqtgb4GTTpMJZhdyVEbpSzqkqwcgO_sZS8yKOiWExCHE-KHUBiN31piWtzL8k3y_sgCpfywb9u5PudRMO0IvrP5OJ',
      'BXnMl_LVMb1pQHxNvauwBeiA90y4HhyqfQRAQcTZiducYrupWJ3J2X1A-_KRH7sItlbFptW4jc5v4x09jUf0K2Cagibyxm-7',
      'YUYbrO2fTd3jTxKFDGZIiQTLqV9ei_2EOt-P_6qm6AcQ3nKNYYUtJL3djiI-9AgY3Px8DwG2lIh2ebuEpTgv1jGq2uIcOU4i',
      'd8taG3U0az-sO9WhDFYktc5gttWhTGHRhcxJhZZ8v65KQkpgtacAwQ',
    ].join(''),
    p: [
      '83wi3SD6NeqNAtSAGyYWV-KK76kAlRB8iOjkmwxYW5DCTLW8-4wkmWVs4BxZINMSOf2_XxFVS7A_viTqpYV1c1kNCRzcIVF3',
      '9AisJOIAhpC318u9Ljfi8_yKGv9vvZ_afn8pfWaFW2ubnBZeZblfDVRt0C52FZQ349CHBQSohkk',
    ].join(''),
    q: [
      'xyw5WwXgW0blK_MEPRtJdt2pnEvSt0QjDk00Sw0y6ryIdZQ9zfIhBQ50nREcb0XwipWdPRdmTR757pxvAq8qK6Yo2HYB3Jsp',
      '23aCMaeq1LJpYBBQU_h00faIyWDPhsYyEQDspSmHNFHLtFFaFreX6iCYofFORFZwcYXtuXvMAjM',
    ].join(''),
    dp: [
      'vEi3URZqRn09U_3tnpDiYE3AMLoYyCy6kMi_1yJBxXT4u4ciP8dMmg5zlg514cs24f9WGHb35ZLCiBBWH29Hts4bJXvawi0U',
      'vHJkZBUcYPLSJ57WiUIQT6pvRZdX2mQd-wnslJtN7rcU2yv1DWa-mTk7vevfxqoaWiHr9zZ193k',
    ].join(''),
    dq: [
      'R161fsRwTMTuwfzm--6XOJzddkBFVZ544VsQ7gPgxvSgAWIJc47b_i_b4ZyMD-OD-mT6XzXPVrtO3A36SX_zIIj-AfLnX-HJ',
      '8fZZWOm38VetIts1raFOWx54jZC_TJAgyK8IHXbwF_Nnh0nPemx3Z1Ie34jUfvBqgoN3WAvgYrk',
    ].join(''),
    qi: [
      'Pd7MRZMAI_ajObIU45HRqDTFXKIVWzXb-NCS34VmSW6BZAJ1_vbk3XKndMI3fTnMNg-sUAgBc4EbzHckqHTQKHDviB8S4mF2',
      'DCKTwIEDCfxw-5a76Y4vLEhMQboA0iVUJkA2TmkX6S8gEgYu-XLufJ1nHkhh_Qfar3h4N5WEv3I',
    ].join(''),
  },
  {
    kty: 'RSA',
    n: [
      'xd9eS6s-iRNGkToyZl2pwaJDdTfBxq6YbaxKXihV3brQotX9DTOM96FLefTN1XW2iUtjzVYzLFL3ljgNu6GCnSmHOd-ipDzy',
      'v5yprLINB7YGdtZ2Y5MvEbMLuGI_BrOR9dpGDdYvC1PjpCAijpW9WG755RtUlLrk0Wy-EJ3BkrxUCNPQnvOMq40LOV2fFpgY',
      'JQ44v5tWmQdyBtJFGIwtMANQl7y_Dv8D3UpRi0FmfX47aGWHOxQhKiS4ty3DUBtdnW4uYh-9Uo3H85klIySOFJEoxQS4JRJS',
      'JBkqhCUBagdvHwY0D7IasRpNzrDUeT_KFneZDhpbH8kzJtaCgwaVCw',
    ].join(''),
    e: 'AQAB',
    d: [
      'fh21fC_T1opH7_L9LJbbcQ8lmmXEnAhWyZAxK3zfPZ5UXB-yVI0GzCOBzQ66zSgPBR2H_tgcxaNxKng6SId94wMVAqNchlGn',
      'vCOeAZ7Pr0UqhD6CNp_DiwRonpyqjxrkwk4yAvUAsbebioBGMPA_k_MnqLRCtIkU-RDWE2vOdOF0s6H4tPXdqnMr7qEQxGry',
      '0JTMZz1Ea0VFl2sun121b_I4H0l10VstjOvXQU3HTeuTkybe2FipVDfQdIyWEyDIdKSMPPH2T5sqObgDJKZTvKVaSQNVIVyY',
      'K7WxZFV0cwT3oeY1ozPotko57xBbHvZaNHdVqOjLO8TaLAyudRO1',
    ].join(''),
    p: [
      '7WtVM7ivo8rPgyjQpFkDBWb0kQp6yMic6PaRVonVSULAeKDTendlZJrb02l9mDZSCl5oCRAKkLCLpFWjMPbkhnTAHMuAXwyd',
      'dgL0OngtYFUCK9GfEiYMemYImw5d9HP2VP_E7qV-TYwO93x35Poccbgmy2lRAVJvGf3EBciH6uc',
    ].join(''),
    q: [
      '1Vu4p1ltolazU7CibOnM9JFWqpu0B2uuvyWok35tJy1YTURNjR9XNcNz5J8NwUuRUGz_q6wiqEHT868oL5Jn9mgTyI7J8E51',
      '-t283MONlTcaOPC7O5sXApN8xSry9cRsfkvq9yvX8eMZCAuv-38pZr_gCdm_fJ4vVzn2NuZIBD0',
    ].join(''),
    dp: [
      '0WxZFqt1euR-ETLif-XobU54sqvszMlw52n_n7crRVk1T_KFOMSy0oBrIdwupiJcUbsex8e3mhOwyb-kmJ9fy16Wy4-SZ8VH',
      '6_4FEsJJPG0f4ikgyLB5V0pDkwqkQ-o6QpXuT5f5hkviM9o-I-OfTYxj5A-9HY5qZCHdVECj68c',
    ].join(''),
    dq: [
      'Rdqm5Vu5MmpyghcVxtTxfq1LE8awtbFC4GBjBg9hi28kNwAC6A53zil0-0g8B6pHJG7bcoiEPFR5IZKadKDZmupOd96QLTZz',
      'GDSbDiiUZWNKGZRvqL9JVFWXhzJdo6uw3dTbVButswtoeaLh9lSW6IYvwung8NsVotheTXEt6P0',
    ].join(''),
    qi: [
      'WKI8Y6zXXOCXdpc_QuWZSefNIY5J_d3kSHlUwy0SPTWhS-7_R5TR7U1WlLCpEgwEXFqfm70HF6SROd6wF8bP8AjxIGTTo9Hi',
      'HKuzAYheAMuDO50FgmV5kpAQt9ggP4UV-l4KTykszvE48nSBZ1XYeBjWGi8EjCRnyegHE48_k5I',
    ].join(''),
  },
]

export const rsaPairs: readonly { readonly publicKey: KeyObject; readonly privateKey: KeyObject }[] =
  numbers.map((key) => {
    const privateKey = createPrivateKey({ key, format: 'jwk' })
    return { publicKey: createPublicKey(privateKey), privateKey }
  })
