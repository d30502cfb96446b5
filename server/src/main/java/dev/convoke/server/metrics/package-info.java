/** What Prometheus scrapes. */
package dev.convoke.server.metrics;
