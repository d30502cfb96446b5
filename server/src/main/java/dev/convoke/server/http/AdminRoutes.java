package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.server.Version;
import io.helidon.http.Method;
import io.helidon.webserver.http.Handler;
import java.util.Map;
import java.util.Optional;

/**
 * What operators see and do, below {@code /admin/v1}. A route that is added here stands behind an admin key and is
 * listed by {@code GET /admin/v1}; none is added anywhere else.
 */
final class AdminRoutes {
    static final String ROOT = "/admin/v1";

    private final GuardedServer.Routes routes;
    private final ArrayNode list = Json.array();

    private AdminRoutes(final GuardedServer.Routes routes) {
        this.routes = routes;
    }

    /** Adds all of them. */
    static void add(final GuardedServer.Routes routes, final RoutingTraceRoutes traces,
        final Optional<ClusterRoutes> cluster) {
        final AdminRoutes admin = new AdminRoutes(routes);
        admin.add("", Map.of(Method.GET, (request, response) -> Answers.send(response, 200, admin.list())));
        admin.add(RoutingTraceRoutes.PATH, Map.of(Method.GET, traces::describe, Method.POST, traces::record));
        admin.add(RoutingTraceRoutes.PATH + "/{id}", Map.of(Method.DELETE, traces::stop));
        cluster.ifPresent(admin::add);
        routes.adminUnknown("/admin/*");
    }

    private void add(final ClusterRoutes cluster) {
        add(ClusterRoutes.CLUSTER, Map.of(Method.GET, cluster::status));
        add(ClusterRoutes.CLUSTER + "/drain", Map.of(Method.POST, cluster::drain));
        add(ClusterRoutes.CLUSTER + "/add", Map.of(Method.POST, cluster::add));
        add(ClusterRoutes.CLUSTER + "/cancel", Map.of(Method.POST, cluster::cancel));
        add(ClusterRoutes.PLACEMENT, Map.of(Method.GET, cluster::placement, Method.POST, cluster::apply));
    }

    /**
     * Adds a route.
     *
     * @param path     below {@link #ROOT}
     * @param handlers for each method that it takes
     */
    private void add(final String path, final Map<Method, Handler> handlers) {
        routes.admin(ROOT + path, handlers);
        handlers.keySet().stream().map(Method::text).sorted().forEach(method -> list.add(method + " " + ROOT + path));
    }

    private ObjectNode list() {
        final ObjectNode answer = Json.object().put("version", Version.current());
        answer.set("routes", list);
        return answer;
    }
}
