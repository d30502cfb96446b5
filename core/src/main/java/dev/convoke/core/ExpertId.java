package dev.convoke.core;

/** A logical expert: the index within its layer. Layers count all decoder layers from 0. */
public record ExpertId(int layer, int index) {
    @Override
    public String toString() {
        return "layer " + layer + " expert " + index;
    }
}
