/** Frames between agents of one process, copied through ring buffers as they would be onto a wire. */
package dev.convoke.transport.inprocess;
