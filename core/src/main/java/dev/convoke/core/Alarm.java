package dev.convoke.core;

/**
 * When a thread has something to do next by the clock rather than by a frame. What runs on the thread sets it during a
 * duty cycle, again in each; the thread's idle strategy takes it. Owned by that thread.
 */
public final class Alarm {
    /** For threads that wait as they like: remembers nothing. */
    public static final Alarm NONE = new Alarm(false);

    private final boolean heeded;
    private boolean set;
    private boolean asleep;
    private long dueNs;

    /** One that is not set. */
    public Alarm() {
        this(true);
    }

    private Alarm(final boolean heeded) {
        this.heeded = heeded;
    }

    /** Something is due then: whatever the thread waits for otherwise, it does not wait longer. */
    public void wakeBy(final long timeNs) {
        if (heeded && (!set || timeNs - dueNs < 0)) {
            set = true;
            dueNs = timeNs;
        }
    }

    /** As {@link #wakeBy}, and until then nothing that would come is urgent: the thread need not look out for it. */
    public void sleepUntil(final long timeNs) {
        wakeBy(timeNs);
        asleep = heeded;
    }

    /** Whether something is due at {@link #dueNs()}. */
    boolean isSet() {
        return set;
    }

    /** Whether nothing before is urgent. */
    boolean isAsleep() {
        return asleep;
    }

    long dueNs() {
        return dueNs;
    }

    void clear() {
        if (set) {
            set = false;
            asleep = false;
        }
    }
}
