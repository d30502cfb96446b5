package dev.convoke.architecture;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.FieldRefEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.MethodTypeEntry;
import java.lang.classfile.constantpool.NameAndTypeEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one class file refers to.
 *
 * @param name    binary name with dots
 * @param classes every class named in its constants and descriptors
 * @param members every field and method used, as {@code owner.name:descriptor}
 */
record CompiledClass(String name, Set<String> classes, Set<String> members) {
    private static final Pattern DESCRIPTOR_CLASS = Pattern.compile("L([\\w/$]+)[;<]");

    static CompiledClass parse(final byte[] bytes) {
        final ClassModel model = ClassFile.of().parse(bytes);
        final Set<String> classes = new TreeSet<>();
        final Set<String> members = new TreeSet<>();
        for (final PoolEntry entry : model.constantPool()) {
            switch (entry) {
                case ClassEntry named -> addName(classes, named.asInternalName());
                case NameAndTypeEntry typed -> addDescriptor(classes, typed.type().stringValue());
                case MethodTypeEntry typed -> addDescriptor(classes, typed.descriptor().stringValue());
                case MemberRefEntry member -> members.add(describe(member));
                default -> { }
            }
        }
        model.fields().forEach(field -> addDescriptor(classes, field.fieldType().stringValue()));
        model.methods().forEach(method -> addDescriptor(classes, method.methodType().stringValue()));
        model.findAttribute(Attributes.record()).ifPresent(record ->
            record.components().forEach(component -> addDescriptor(classes, component.descriptor().stringValue())));
        return new CompiledClass(dotted(model.thisClass().asInternalName()), classes, members);
    }

    private static String describe(final MemberRefEntry member) {
        final String kind = member instanceof FieldRefEntry ? ":" : "";
        return dotted(member.owner().asInternalName()) + "." + member.name().stringValue() + kind
            + member.type().stringValue();
    }

    private static void addName(final Set<String> classes, final String internalName) {
        if (internalName.startsWith("[")) {
            addDescriptor(classes, internalName);
        } else {
            classes.add(dotted(internalName));
        }
    }

    private static void addDescriptor(final Set<String> classes, final String descriptor) {
        final Matcher matcher = DESCRIPTOR_CLASS.matcher(descriptor);
        while (matcher.find()) {
            classes.add(dotted(matcher.group(1)));
        }
    }

    private static String dotted(final String internalName) {
        return internalName.replace('/', '.');
    }

    String packageName() {
        return packageOf(name);
    }

    static String packageOf(final String className) {
        final int dot = className.lastIndexOf('.');
        return dot < 0 ? "" : className.substring(0, dot);
    }
}
