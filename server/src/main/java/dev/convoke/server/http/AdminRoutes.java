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
 * What operators see and do, and where expert hosts and decoders join, below {@code /admin/v1}. A route that is added
 * here stands behind an admin key, or behind that or a member key, and is listed by {@code GET /admin/v1}; none is
 * added anywhere else.
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
        }, admin::addElsewhere);
        routes.adminUnknown("/admin/*");
    }

    private void add(final RoutingTraceRoutes traces) {
        add(RoutingTraceRoutes.PATH, Map.of(Method.GET, traces::describe, Method.POST, traces::record));
        add(RoutingTraceRoutes.PATH + "/{id}", Map.of(Method.DELETE, traces::stop));
    }

    private void add(final MembershipRoutes members) {
        addJoining(MembershipRoutes.HOSTS, Map.of(Method.POST, members::host));
        addJoining(MembershipRoutes.MODEL, Map.of(Method.GET, members::model));
        addJoining(MembershipRoutes.DECODERS, Map.of(Method.POST, members::decoder));
    }

    private void addElsewhere() {
        final Handler elsewhere = (request, response) -> {
            throw ApiException.conflict("coordinator_elsewhere", "This server has no coordinator of its own; ask the "
                + "one that it joined, at the address of its --join.");
        };
        final Map<Method, Handler> handlers = Map.of(Method.GET, elsewhere, Method.POST, elsewhere);
        List.of(ClusterRoutes.CLUSTER, ClusterRoutes.CLUSTER + "/*", ClusterRoutes.PLACEMENT)
            .forEach(path -> routes.admin(ROOT + path, handlers));
        List.of(MembershipRoutes.HOSTS, MembershipRoutes.MODEL, MembershipRoutes.DECODERS)
            .forEach(path -> routes.joining(ROOT + path, handlers));
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
        list(path, handlers);
    }

    /** The same for members. */
    private void addJoining(final String path, final Map<Method, Handler> handlers) {
        routes.joining(ROOT + path, handlers);
        list(path, handlers);
    }

    private void list(final String path, final Map<Method, Handler> handlers) {
        handlers.keySet().stream().map(Method::text).sorted().forEach(method -> list.add(method + " " + ROOT + path));
    }

    private ObjectNode list() {
        final ObjectNode answer = Json.object().put("version", Version.current());
        answer.set("routes", list);
        return answer;
    }
}
