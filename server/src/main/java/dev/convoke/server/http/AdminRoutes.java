package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.server.ControlPlane;
import dev.convoke.server.Version;
import io.helidon.http.Method;
import io.helidon.webserver.http.Handler;
import java.util.List;
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

    /** Adds those of a server that decodes, of one that coordinates, or of one that does both. */
    static void add(final GuardedServer.Routes routes, final Optional<RoutingTraceRoutes> traces,
        final Optional<ControlPlane> control) {
        final AdminRoutes admin = new AdminRoutes(routes);
        admin.add("", Map.of(Method.GET, (request, response) -> Answers.send(response, 200, admin.list())));
        traces.ifPresent(admin::add);
        control.ifPresentOrElse(plane -> {
            admin.add(new ClusterRoutes(plane.cluster()));
            admin.add(new MembershipRoutes(plane.membership()));
        }, () -> admin.addElsewhere(List.of(ClusterRoutes.CLUSTER, ClusterRoutes.CLUSTER + "/*",
            ClusterRoutes.PLACEMENT, MembershipRoutes.HOSTS, MembershipRoutes.MODEL,
            MembershipRoutes.DECODERS)));
        routes.adminUnknown("/admin/*");
    }

    private void add(final RoutingTraceRoutes traces) {
        add(RoutingTraceRoutes.PATH, Map.of(Method.GET, traces::describe, Method.POST, traces::record));
        add(RoutingTraceRoutes.PATH + "/{id}", Map.of(Method.DELETE, traces::stop));
    }

    private void add(final MembershipRoutes members) {
        add(MembershipRoutes.HOSTS, Map.of(Method.POST, members::host));
        add(MembershipRoutes.MODEL, Map.of(Method.GET, members::model));
        add(MembershipRoutes.DECODERS, Map.of(Method.POST, members::decoder));
    }

    private void addElsewhere(final List<String> paths) {
        final Handler elsewhere = (request, response) -> {
            throw ApiException.conflict("coordinator_elsewhere", "This server has no coordinator of its own; ask the "
                + "one that it joined, at the address of its --join.");
        };
        paths.forEach(path -> routes.admin(ROOT + path, Map.of(Method.GET, elsewhere, Method.POST, elsewhere)));
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
