package dev.convoke.core;

import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** Looks up implementations of a contract by name; the error for an unknown name lists those that exist. */
public final class NamedServices {
    private NamedServices() {
    }

    /** Every registered implementation of a contract, by name. Two of the same name are an error. */
    public static <T extends Named> Map<String, T> all(final Class<T> contract) {
        final Map<String, T> byName = new TreeMap<>();
        for (final T service : ServiceLoader.load(contract)) {
            final T other = byName.putIfAbsent(service.name(), service);
            if (other != null) {
                throw new ConfigurationException("Two implementations of " + contract.getSimpleName() + " are named '"
                    + service.name() + "': " + other.getClass().getName() + " and " + service.getClass().getName()
                    + "; remove one of them from the class path.");
            }
        }
        return byName;
    }

    /** The implementation of that name. */
    public static <T extends Named> T named(final Class<T> contract, final String name) {
        final Map<String, T> all = all(contract);
        final T service = all.get(name);
        if (service == null) {
            throw new ConfigurationException("There is no " + contract.getSimpleName() + " named '" + name
                + "'; choose one of " + String.join(", ", all.keySet())
                + NearestName.hint(name, all.keySet()) + ".");
        }
        return service;
    }
}
