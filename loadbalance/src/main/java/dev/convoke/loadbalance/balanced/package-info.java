/** Placement by local search: unequal hosts, failure domains, moves, traffic. */
package dev.convoke.loadbalance.balanced;
