/** Records routing traces from a running decoder: a ring on the step path, and what empties it on another thread. */
package dev.convoke.decoder.trace;
