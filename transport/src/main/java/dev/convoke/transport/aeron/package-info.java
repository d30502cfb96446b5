/**
 * Frames over Aeron, between processes of one machine through shared memory or between machines over UDP. A decoder
 * opens for each host an answer subscription and a request publication that names it; the host answers through Aeron's
 * response channels, so no frame ever says where an answer should go. Every port drives its own client; whatever
 * breaks is built anew while the port is polled.
 */
package dev.convoke.transport.aeron;
