package dev.convoke.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A count that one thread advances and any thread reads. Advancing neither allocates nor locks. */
public final class Counter {
    private static final VarHandle VALUE;

    static {
        try {
            VALUE = MethodHandles.lookup().findVarHandle(Counter.class, "value", long.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String name;
    private final String description;
    private long value;

    Counter(final String name, final String description) {
        this.name = name;
        this.description = description;
    }

    /** Snake case, without a unit suffix where it counts events. */
    public String name() {
        return name;
    }

    /** One sentence. */
    public String description() {
        return description;
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
