package dev.convoke.server.coordinator;

/**
 * A host that is known, whether or not it is there. Immutable.
 *
 * @param address    where it is reached
 * @param configured whether the configuration names it, so that it is never forgotten
 * @param speed      work per time, in whatever unit all hosts use; 0 if nobody said
 * @param newcomer   whether it has not got a share of the replicas yet
 * @param leaving    whether it said that it will go
 */
record Member(String address, boolean configured, double speed, boolean newcomer, boolean leaving) {
    /** One that the configuration names, and that the first placement counts on. */
    static Member configured(final String address) {
        return new Member(address, true, 0, false, false);
    }

    /** One that has registered itself. */
    static Member registered(final String address, final double speed) {
        return new Member(address, false, speed, true, false);
    }

    Member withSpeed(final double declared) {
        return new Member(address, configured, declared, newcomer, leaving);
    }

    Member withShare() {
        return new Member(address, configured, speed, false, leaving);
    }

    Member withoutShare() {
        return new Member(address, configured, speed, true, leaving);
    }

    Member leaves() {
        return new Member(address, configured, speed, newcomer, true);
    }

    Member stays() {
        return new Member(address, configured, speed, newcomer, false);
    }
}
