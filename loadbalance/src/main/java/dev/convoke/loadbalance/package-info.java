/** Placements and the algorithms that compute them. Pure: no threads, no I/O. */
package dev.convoke.loadbalance;
