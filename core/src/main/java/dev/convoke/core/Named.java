package dev.convoke.core;

/** Something chosen by name in the configuration and found through a services file. */
public interface Named {
    /** Lower case, words joined by hyphens; unique among the implementations of one contract. */
    String name();
}
