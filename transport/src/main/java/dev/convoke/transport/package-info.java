/**
 * Moves frames between decoders and expert hosts. {@code codec} is generated from {@code sbe/exchange.xml}; each kind
 * of exchange sits in a package of its own.
 */
package dev.convoke.transport;
