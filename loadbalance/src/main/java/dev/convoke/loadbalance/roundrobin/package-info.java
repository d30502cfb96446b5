/** Placement without regard to load. */
package dev.convoke.loadbalance.roundrobin;
