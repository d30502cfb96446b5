/** Memory outside the Java heap, on pages as large as the system gives. */
package dev.convoke.core.memory;
