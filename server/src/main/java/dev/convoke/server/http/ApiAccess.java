package dev.convoke.server.http;

import dev.convoke.core.ConfigurationException;

/**
 * Whose keys open what. Neither kind opens what the other does.
 *
 * @param clients   for the API; without any it is open to all who can connect
 * @param operators for admin routes; without any there are none
 */
public record ApiAccess(BearerKeys clients, BearerKeys operators) {
    /** The API is open, and there are no admin routes. */
    public static final ApiAccess OPEN = new ApiAccess(BearerKeys.NONE, BearerKeys.NONE);

    /** Requires keys of their own for operators. */
    public ApiAccess {
        if (operators.overlap(clients)) {
            throw new ConfigurationException("A key is both an API key and an admin key; give operators keys of their "
                + "own, since clients know the API's.");
        }
    }

    /** Throws 401 unless a request's {@code Authorization}, which may be null, lets a client in. */
    void requireClient(final String authorization) {
        if (!clients.isEmpty() && !clients.areIn(authorization)) {
            throw ApiException.unauthorized();
        }
    }

    /** Throws 404 if there are no admin routes, and 401 unless {@code Authorization} lets an operator in. */
    void requireOperator(final String authorization) {
        if (operators.isEmpty()) {
            throw ApiException.noAdminRoutes();
        }
        if (!operators.areIn(authorization)) {
            throw ApiException.noOperator();
        }
    }
}
