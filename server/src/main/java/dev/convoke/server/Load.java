package dev.convoke.server;

/**
 * How much a decoder has to do.
 *
 * @param running   sequences in the batch
 * @param waiting   sequences that wait to start or to go on
 * @param freePages pages of the key-value cache that no sequence holds
 * @param pages     all pages of the key-value cache
 */
public record Load(int running, int waiting, int freePages, int pages) {
}
