import { describe, expect, it } from 'vitest'
import { programs } from './programs/all.ts'
import { runAgain } from './rounds.ts'

/** Runs that have found something, to be made again. */
const found = [
  {
    what: 'an input that is sent into longer trouble than its sender bears is not acknowledged, and no violation',
    program: 'slow transactions',
    replay:
      'mr1:fdFNS8QwEAbg__Kes5Km6VdgD4LX7iLUQyk9ZLuplu0mJUlVXPrfJSC1gnqbGYaHl5kbnFJnCBbxjOdxyimBl5OCaFqCbpydVxbithAMepo9RNNAz9eTsg4E9eN-D4Kyqunx4RIfqnt2eAujKC6Slvy6-kSPVc3Ljy4BSVnetgS9nEfvIJobtLwqCJysuSi766x0LyCQvnQQjBcFQW9saFLOo5DVPisPQQnUu1c6lAtZmc4Yex609MbuejmM5lXZlct5wVYuSeiGizfcHcs24iStH_xg9DdThKN9MSzNcvqHU_zvMMr46kRZkm7ysB958qUN73Be6k6F5eUT',
  },
  {
    what: 'a program that is still about to run its second pipeline is not at its end',
    program: 'chain',
    replay:
      'mr1:dY9BasMwEEXv8tdTkJTGSQQ5glsK3QTjhaJOWteJbDRjCDG-e1AW6aq7meH9x_wZwvwFb53bumptdxVBw8jwTYMxD5FFQI0hR5Zs27aEeJ5EOcPPC6FL46QPOE2XI2cB4fCx34NQf0ZX33r39tuv3x8nU-KnMJ1V4JsZKVwYHmPI2mk3JBCC1gJvN8YQTkMuy-tqsypP5W9WeEPgq3Iq40JPxzEPPeeXmIP8_GnsU2Kr7e4fSVtaiIYUuYDLHQ',
  },
  {
    what: 'what was polled before the partition was lost is not committed under the generation in which it came back',
    program: 'slow transactions',
    replay:
      'mr1:HY3NCoJAFEbf5Vtfwn4suOCiRUsLoU3ILEa7RqGjOHcgFd89pt3hwOEs8CJP8IGgdhBwaQh1G7zKCF5WwtsNQcFlCRe6SkYPwqPIMhDyz3nK58t0uxe7618lxhAaG1r14HKBs52AMfdd9RYQrOYevE0ITT9GPKX7Y1yPL1FwSpCvilNwsknS1cS9V-tqidn6Aw',
  },
  {
    what: 'a journal file that could not be begun on a full disk has a durable name once it is begun',
    program: 'chain on disk',
    replay:
      'mr1:fZPLjuIwEEX_pdbVo7hsJ3GkXoxEL1jYCCksUMQiHQwDhIDyEBDEv49sHs1IMIukUtfXp_xInaGxdg4JBQhtvreQZBnMV80GMAtQICHDAAm5j_ec0X0gQPaPg_vIRej0SLqEyFlYHCtkqALppEC4iUq58UgKNyVSsbOJyNlIMO4zPzWU17e6lRK-qF_I7Zt7_ba4m8IeS7vGGDnSU-7jbIYZ7OtdYZsGMCPupBnCNi_-rCoLyRnmXZ1_r8pVe4IE9ruDreGCUJRd09oakvMFYVXtu9YfXdVtv23dAMJ0_PkJCDodH3U_7E1fkPESD6Qr-srZm_XmMErHbOQlUvTa2U9Ir5d8NJgcACmK3_CG0qw3Uqfj4MrjsXrj1MIMipPpJ8z8dpJQr5lmsOGmL06jtDgCsvBd5eXBDIZCp9Oj9pKQ_I3zi3RaHE2qxX3Pr0_HrL8Oup-6RwISideuvhB6ML3tl2Jyd7nIu7JtIMnOUOVbe7_Fj3Ln7hzyVjeuAUKGsNjVPhHK90O9tC0kIYI9trZqIQl-xdEFHxzXKB-LriwfmCgIHxQWkfqhyGeKZP-lEFPygVFx9EMJnimCLjP38zVtXhXWVbz8BQ',
  },
  {
    what: 'whose disk is damaged has lost of its log, though it is stopped and started in good order before anybody looks',
    program: 'totals',
    replay:
      'mr1:hdLPb4IwFAfw_-WdnwttaWlJPJDowQOaJe5giAfE6vwFpC1xwfi_L3VG2DJjuLTly4f32l7Aar2GmHAZRQENFEFwea0hzjKoTVVoawEzKpEsl5jBemcPfo7k9oRIkPpXS4Ti2FinDcSXK8KurBt3Q8rmtNLGAsLifTgEhHSehNP9-Jy2CZklfonxyNv_JdvpfHJOR2OSnv0SkeJJcsJnoyRI2yQAZIL-SW1_UvttO92P27T9aAFV8H9ofjhPRwuetsX9pyFjvr9N3hydhTi7QJmfNMS3zRgUlTFN7XZVCQi5Sy3ERAmOsKmMn4REKL-nZqsdxAGC_nK69MM3qa74EmNKqgdGuYo6LOpjQR9bmeqgzcBo63LjHpZi9EExFYmO4n1K8NcUU6qzIik7KuxTTLymiOBh1yGhvQ7JLyt8bVESsIcluXhSFpc96n7NB4XJ7WdXFeNRd4gipE-qUuq69PfdurwstP_w-g0',
  },
]

describe('runs that have found something', () => {
  it.each(found)('$what', async ({ program: name, replay }) => {
    const program = programs.find((one) => one.name === name)
    expect(program).toBeDefined()
    if (program !== undefined) expect(await runAgain(program, replay)).toBeUndefined()
  })
})
