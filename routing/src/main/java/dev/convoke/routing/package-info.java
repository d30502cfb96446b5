/**
 * The routing service: turns a routing plan into dispatch frames for the hosts that hold the chosen experts and
 * gathers their answers, with deadlines and resends. Owned by the decoder's thread throughout.
 */
package dev.convoke.routing;
