/** Asks other processes on behalf of an operator. */
package dev.convoke.server.client;
