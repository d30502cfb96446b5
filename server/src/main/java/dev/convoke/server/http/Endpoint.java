package dev.convoke.server.http;

/** One way to ask for a generation. */
@FunctionalInterface
interface Endpoint {
    /** Understands a request or throws {@link ApiException}. */
    Job understand(RequestFields fields);
}
