/** How well placement algorithms balance loads, and how long they take. */
package dev.convoke.bench.placement;
