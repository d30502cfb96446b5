/**
 * Routing traces: which experts the rows of a decoder's steps chose. The binary format, its checked reader, and the
 * statistics of load and co-activation that placements are planned from.
 */
package dev.convoke.loadbalance.trace;
