/** When a placement no longer fits its load, and what to do then: an average of the load, and a controller. */
package dev.convoke.loadbalance.rebalance;
