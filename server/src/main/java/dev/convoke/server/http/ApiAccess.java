package dev.convoke.server.http;

import dev.convoke.core.ConfigurationException;

/**
 * Whose keys open what. No kind opens what another does, but that operators may do what members do.
 *
 * @param clients   for the API; without any it is open to all who can connect
 * @param operators for admin routes; without any there are none
 * @param members   for the routes by which expert hosts and decoders join
 */
public record ApiAccess(BearerKeys clients, BearerKeys operators, BearerKeys members) {
    /** The API is open, and there are no admin routes. */
    public static final ApiAccess OPEN = new ApiAccess(BearerKeys.NONE, BearerKeys.NONE, BearerKeys.NONE);

    /** Requires keys of their own for operators and for members. */
    public ApiAccess {
        requireApart(clients, "an API key", operators, "an admin key", "operators");
        requireApart(clients, "an API key", members, "a member key", "those who join");
        requireApart(operators, "an admin key", members, "a member key", "those who join");
    }

    private static void requireApart(final BearerKeys some, final String one, final BearerKeys others,
        final String other, final String whose) {
        if (others.overlap(some)) {
            throw new ConfigurationException("A key is both " + one + " and " + other + "; give " + whose
                + " keys of their own, since each kind opens something else.");
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

    /** Throws 404 if nobody may join, and 401 unless {@code Authorization} lets a member or an operator in. */
    void requireMember(final String authorization) {
        if (operators.isEmpty() && members.isEmpty()) {
            throw ApiException.noAdminRoutes();
        }
        if (!(members.areIn(authorization) | operators.areIn(authorization))) {
            throw ApiException.noMember();
        }
    }
}
