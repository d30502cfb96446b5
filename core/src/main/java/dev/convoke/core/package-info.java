/** The words every module shares: value types, counters, idling, named services, and errors an operator can act on. */
package dev.convoke.core;
