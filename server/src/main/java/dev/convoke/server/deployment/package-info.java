/**
 * Wires the parts into processes: a decoder with its expert hosts, within or elsewhere, or an expert host alone. Every
 * agent runs on a platform thread that parks when there is nothing to do.
 */
package dev.convoke.server.deployment;
