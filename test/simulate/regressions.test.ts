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
  {
    what: 'offsets that a group has committed may be lost by an unclean election, and committed anew',
    program: 'copy, unclean elections',
    replay:
      'mr1:ndBNSwMxEAbg_zLnUZL93kAPgj0IbUXtZVn2kKbTdds0W5IsqGX_u4SKqyAK3oaZl2eGOYMj2oLgWRnFZc7SFMHLE4GoGwSlB-fJgjjDYJQmaRYkt2TnmpTvegPC24EQSHdtt9F0mT7SSXdKOhA7qR0hHDtzZ9yrUdOEI2xsfyD7RM51vVmGXsoYgr1kFrINvZSxEaEzp8GDqGsww3FD1gFC9TCbAcLqbc5X-ypa7g8zQNbgD5nluo1X64rd395EIdMg7OSgvQNRn8HII4H4OOdKWemeAUH6sD4pC4Rdb0Md8SIPz7EteRAMgV48mVCO-LvCsyT5ZHie_JOJsmK6hvOynJj4C3Md539KcTpBCSsmKPsG8bEJz3deGkUhO74D',
  },
  {
    what: 'who led before an unclean election and has not heard of it commits what is lost already',
    program: 'copy, unclean elections',
    replay:
      'mr1:dZLJbtswEED_Zc6TgqRIJSHgQwH7UCCUoVY5CIYOtDJ21cqUQFJIKsP_XqhZpADukTMPj7OdIRA9gRYpQrQ9gd5VCHU7hEge9BkGV7dk3QPZJ_KblurYdA509AMhUNscm31Lr9nv1LdNbQPog20DIZwa982FP66eMxxh77vf5H9QCE3nzBRTjCH4V-bBHqeYYuyC0Lh-iKB3O3DDaU8-AEKZr1aAkI25NEUptmsjAUUiK7xCbYvNS7bORVaUK8D0OpStjcyKPDFjOakU-w9VcvPLPJtx8wwo0-Q6VTyKrKilGR8ZoEjVVcqMX_l2vVFmzBWgvBNVhXCwQxsD6N0ZnD0R6LdJ3fR2CAQINk6TkTzhCIfOTw9xf6umxfkjRdAJAr1EchE0-5LeX_DD1PuuphBuam_Dz1klhfhQyYTxWZUuVUosVE3oWvvvCN41nPFZIxRPZw1batiyorfePhfEb9XdXBBTC5P41Nulmo4jROtqmj69_AU',
  },
  {
    what: 'records that an unclean election has lost are not waited for',
    program: 'copy, unclean elections',
    replay:
      'mr1:fZNPi9swEMW_y5yHIlmykzXkYHAOhpVMWuUQQg6OVzH-EyXYMrEV8t2Ls7S7FKdHzfx485h5ukOn9QeEC8qCpUcCD8FmVw3h_oCQN31ndQvhHXqTNzoz7zr70O260bktLwZC2_YaQTdlUR4b_dn9qa9NmWcdhKes6TTCuTSJ6UaTf3UowrG91Lr9pbuuvBgx1XxCENpP5j0rpppPyAOhNNfeQrjfg-nPR912gLDbrFaAIKraSbfzpSo4oMf4AecolzBZJYN0OQFkSzZLpfGaSJVQUUxPjy_mtarolqrdKFQ0ANLAm6Vktb2lce5Jtx0AWeDPa6loECpxIs49QEZeUNXayaoepdoQQO7NuxcucqnajNIVPiCndN5XvPaky8dURStA6i3nqclTVZNUJQ6QL-YnSlePIt5RocQNkL_YqnCJky7hIn665_MXkqqgIhZMVoUDfGFLuI2fxjWRLneA7O3F5qNBqmSU1XY1bf5fV7c_825TGlIlpvv4b4cDwinrG9tBuL-Dyc4aQii7S5M9o46Q2SmRfOlxhNOlfcaTs-m_tIW2EAYIerDaWAjJD_bA_4gElP7VoD5ffonw7yKcPg5T-jubmVxP7OM3',
  },
  {
    what: 'a batch of which nobody can ever tell whether it is in a log that has forgotten its producer is not tried for ever',
    program: 'copy, unclean elections',
    replay:
      'mr1:hdLNbsIwDADgd_E5m9IkLSUSh0lwmESR9nOZqh5CMCwQUpSkGgP13adSaeXAxjG29cW2fIaAuALJEpqzNM1YSiCqA4IsKwLaNiGiB3mGxmmLys1RrdDPLOpoagcy-gYJoDUbs7TYZ1_xYI1WAeRa2YAE9sY9u_Dt9JBJCCx9vUP_hiGY2hVdLKWUgO9r5mrTxVJKWwLGHZoIsizBNfsl-gAEPl4mEyCweNen4qRFMd1NgNCK3KrZzo6L7e6rmD7xrqYisFaNjQFkeQan9ggSTKitugxFQMXubybGjMC69pdHLkbdavwGI8iMAB4jugiStuQfg_Ms_zU45Www6G2jX8uD9ip8_jKJENnQimB8YMQV80jZXYkNUJLz5A9oxO9BbEwHSfD-cG5I43sQT-jVmhnPBohfQzxrq-4UQlROY9d--wM',
  },
]

describe('runs that have found something', () => {
  it.each(found)('$what', async ({ program: name, replay }) => {
    const program = programs.find((one) => one.name === name)
    expect(program).toBeDefined()
    if (program !== undefined) expect(await runAgain(program, replay)).toBeUndefined()
  })
})
