/** The load generator's HTTP: plain sockets on virtual threads, every server-sent event stamped on arrival. */
package dev.convoke.bench.serve.client;
