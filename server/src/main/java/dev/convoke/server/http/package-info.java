/**
 * The HTTP API in the shapes of OpenAI's. Each request runs on a virtual thread of its own, which detokenises, looks
 * for stop strings and writes; the decoder's thread never waits for it.
 */
package dev.convoke.server.http;
