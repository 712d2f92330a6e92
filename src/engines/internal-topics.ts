/** An engine's own topics, under Kafka's names. */
export const internalTopics = { offsets: '__consumer_offsets', transactions: '__transaction_state' } as const
