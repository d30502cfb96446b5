package dev.convoke.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A count that one thread advances and any thread reads. Advancing neither allocates nor locks. */
public final class Counter implements Metric {
    private static final VarHandle VALUE;

    static {
        try {
            VALUE = MethodHandles.lookup().findVarHandle(Counter.class, "value", long.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Identity identity;
    private long value;

    Counter(final Identity identity) {
        this.identity = identity;
    }

    @Override
    public Identity identity() {
        return identity;
    }

    /** By the owning thread only. */
    public void increment() {
        add(1);
    }

    /** By the owning thread only. */
    public void add(final long amount) {
        VALUE.setRelease(this, value + amount);
    }

    /** By any thread. */
    public long value() {
        return (long)VALUE.getAcquire(this);
    }
}
