package dev.convoke.transport.aeron;

/** What carries the frames. */
enum Media {
    IPC,
    UDP
}
