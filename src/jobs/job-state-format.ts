/*
 * state    = tag u8, fields, answered
 * fields   = gen u48, due u48, 0 u32          pending, most often
 *          | gen u48, due u48, kept u32       fired, most often: until so long behind due, in the bytes that it had before
 *          | gen f64, due f64, series text    series: pending, and comes again
 *          | gen f64, due f64                 pending, of numbers beyond those
 *          | gen f64, due f64, until f64      fired, of numbers beyond those
 *          | until f64, source                cancelled, ahead
 *          | until f64                        asked
 * source   = text                             empty where there is none: topic/partition/offset/timestamp
 * answered = count u8, (command text, tag u8, (gen f64, due f64, replaced u8 | gen f64, due f64 | nothing))*
 * text     = length u16, UTF-8
 */
export const tags = ['pending', 'fired', 'cancelled', 'ahead', 'asked', 'series', 'pending far', 'fired far'] as const
export const answerTags = ['scheduled', 'pending', 'already-fired', 'cancelled', 'unknown'] as const

export const pendingTag: number = tags.indexOf('pending')
export const firedTag: number = tags.indexOf('fired')
export const askedTag: number = tags.indexOf('asked')
export const seriesTag: number = tags.indexOf('series')
export const farPendingTag: number = tags.indexOf('pending far')
export const farFiredTag: number = tags.indexOf('fired far')
/** What the first two forms take where nothing was answered. */
export const nearLength = 18
