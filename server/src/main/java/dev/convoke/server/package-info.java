/**
 * What a running Convoke consists of: the served model, its health, chat templates and pluggable commands. The
 * sub-packages put it together: {@code deployment} wires decoder, exchange and expert hosts, {@code chat} renders
 * templates, {@code http} is the API, and {@code cli}, the composition root, starts them.
 */
package dev.convoke.server;
