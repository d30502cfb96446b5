package dev.convoke.tensor.onednn;

import dev.convoke.core.ConvokeException;
import dev.convoke.core.NamedServices;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.MatrixUnit;
import dev.convoke.tensor.PanelProduct;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** The matrix unit of this machine as oneDNN reaches it, and why not where it does not. Found out once a process. */
final class OnednnUnit implements MatrixUnit {
    private final Map<PanelType, OnednnProduct> products = new EnumMap<>(PanelType.class);
    private final Map<PanelType, String> objections = new EnumMap<>(PanelType.class);
    private final Readiness readiness = new Readiness(
        Readiness.platformObjection(System.getProperty("os.name"), System.getProperty("os.arch")), CpuFlags.read(),
        OnednnLibrary::load, this::prove);

    /** Empty if products of that type can be used, otherwise the reason why not. */
    synchronized String objection(final PanelType type) {
        return objections.computeIfAbsent(type, readiness::objection);
    }

    /** Everything is done by the best backend whose weights lie as the unit wants them, but for many rows. */
    static KernelBackend backendWith(final MatrixUnit unit) {
        return NamedServices.all(KernelBackend.class).values().stream()
            .sorted(Comparator.comparingInt(KernelBackend::preference).reversed())
            .flatMap(backend -> backend.withMatrixUnit(unit).stream())
            .filter(backend -> backend.unsupportedReason().isEmpty())
            .findFirst()
            .orElseThrow(() -> new ConvokeException("no backend that works here lays out weights for it"));
    }

    private String prove(final PanelType type) {
        final OnednnProduct product = new OnednnProduct(type);
        try {
            final String implementation = product.implementation(SelfProof.WORDS);
            if (!implementation.contains(type.implementation())) {
                return "oneDNN computes " + type.precision().label() + " here with " + implementation;
            }
            final String wrong = new SelfProof(type, product).objection();
            if (wrong.isEmpty()) {
                products.put(type, product);
            }
            return wrong;
        } catch (final ConvokeException e) {
            return e.getMessage();
        }
    }

    /** A unit that has one product alone. */
    static MatrixUnit only(final PanelType type, final PanelProduct product) {
        return new MatrixUnit() {
            @Override
            public Optional<PanelProduct> bf16() {
                return Optional.of(product).filter(_ -> type == PanelType.BF16);
            }

            @Override
            public Optional<PanelProduct> int8() {
                return Optional.of(product).filter(_ -> type == PanelType.INT8);
            }
        };
    }

    @Override
    public Optional<PanelProduct> bf16() {
        return product(PanelType.BF16);
    }

    @Override
    public Optional<PanelProduct> int8() {
        return product(PanelType.INT8);
    }

    private synchronized Optional<PanelProduct> product(final PanelType type) {
        objection(type);
        return Optional.ofNullable(products.get(type));
    }

    /** The kinds of products it has, and what computes them. */
    synchronized String description() {
        final StringBuilder text = new StringBuilder();
        products.forEach((type, product) -> text.append(text.isEmpty() ? "" : ", ").append(type.precision().label())
            .append(" by ").append(product.implementation(SelfProof.WORDS)));
        return text.toString();
    }
}
