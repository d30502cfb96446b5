/** Placements written by hand. */
package dev.convoke.loadbalance.explicit;
