//! Compares `proto/tfplugin6.proto` with a table of the published names, numbers and types.
//!
//! A wrong field number compiles and then loses data silently. Therefore the table was written independently
//! of the proto file, and the test compares the two in both directions.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use motherduck_provider::proto::FILE_DESCRIPTOR_SET;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    MethodDescriptorProto,
};

const TABLE: &str = include_str!("../vectors/tfplugin6.txt");

#[test]
fn every_message_enum_and_rpc_has_the_published_numbers() {
    let published: BTreeSet<String> = flatten_table(TABLE);
    let ours: BTreeSet<String> = describe(&file("tfplugin6.proto"));

    let missing: Vec<_> = published.difference(&ours).collect();
    let surplus: Vec<_> = ours.difference(&published).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "published, yet not in proto/tfplugin6.proto: {missing:#?}\nthere, yet not published: {surplus:#?}"
    );
}

#[test]
fn go_plugin_services_have_the_published_numbers() {
    let published: BTreeSet<String> = [
        "message Empty",
        "rpc Shutdown Empty Empty",
        "enum StdioData.Channel",
        "enum StdioData.Channel: 0 INVALID",
        "enum StdioData.Channel: 1 STDOUT",
        "enum StdioData.Channel: 2 STDERR",
        "message StdioData",
        "message StdioData: 1 channel StdioData.Channel",
        "message StdioData: 2 data bytes",
        "rpc StreamStdio google.protobuf.Empty stream StdioData",
        "message ConnInfo",
        "message ConnInfo: 1 service_id uint32",
        "message ConnInfo: 2 network string",
        "message ConnInfo: 3 address string",
        "message ConnInfo: 4 knock ConnInfo.Knock",
        "message ConnInfo.Knock",
        "message ConnInfo.Knock: 1 knock bool",
        "message ConnInfo.Knock: 2 ack bool",
        "message ConnInfo.Knock: 3 error string",
        "rpc StartStream stream ConnInfo stream ConnInfo",
    ]
    .map(str::to_owned)
    .into();
    let ours = ["grpc_controller.proto", "grpc_stdio.proto", "grpc_broker.proto"]
        .iter()
        .flat_map(|name| describe(&file(name)))
        .collect();
    assert_eq!(published, ours);
}

#[test]
fn services_have_the_published_paths() {
    let paths: Vec<String> = [
        "tfplugin6.proto",
        "grpc_controller.proto",
        "grpc_stdio.proto",
        "grpc_broker.proto",
    ]
    .iter()
    .flat_map(|name| {
        let file = file(name);
        let package = file.package().to_owned();
        file.service
            .into_iter()
            .map(move |service| format!("{package}.{}", service.name()))
    })
    .collect();
    assert_eq!(
        paths,
        [
            "tfplugin6.Provider",
            "plugin.GRPCController",
            "plugin.GRPCStdio",
            "plugin.GRPCBroker"
        ]
    );
}

fn file(name: &str) -> FileDescriptorProto {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("the build wrote a descriptor set");
    set.file
        .into_iter()
        .find(|file| file.name() == name)
        .expect("the build compiled the file")
}

/// Returns the lines of the table as complete statements: `message Schema: 2 block Schema.Block`.
fn flatten_table(table: &str) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    let mut owner = "";
    for line in table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        if let Some(member) = line.strip_prefix("  ") {
            lines.insert(format!("{owner}: {member}"));
        } else {
            owner = line;
            lines.insert(line.to_owned());
        }
    }
    lines
}

/// Returns the same lines for a compiled file.
fn describe(file: &FileDescriptorProto) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for message in &file.message_type {
        describe_message(&mut lines, file.package(), "", message);
    }
    for enumeration in &file.enum_type {
        describe_enum(&mut lines, "", enumeration);
    }
    for method in file.service.iter().flat_map(|service| &service.method) {
        lines.insert(describe_method(file.package(), method));
    }
    lines
}

fn describe_message(lines: &mut BTreeSet<String>, package: &str, scope: &str, message: &DescriptorProto) {
    let name = format!("{scope}{}", message.name());
    let scope = format!("{name}.");
    // A message that only contains its request and response is a namespace and not in the table.
    let is_namespace = message.field.is_empty() && !message.nested_type.is_empty();
    if !is_namespace {
        lines.insert(format!("message {name}"));
    }
    for field in &message.field {
        lines.insert(format!(
            "message {name}: {}",
            describe_field(package, message, field)
        ));
    }
    for nested in message.nested_type.iter().filter(|nested| !is_map_entry(nested)) {
        describe_message(lines, package, &scope, nested);
    }
    for enumeration in &message.enum_type {
        describe_enum(lines, &scope, enumeration);
    }
}

fn describe_enum(lines: &mut BTreeSet<String>, scope: &str, enumeration: &EnumDescriptorProto) {
    let name = format!("{scope}{}", enumeration.name());
    lines.insert(format!("enum {name}"));
    for value in &enumeration.value {
        lines.insert(format!("enum {name}: {} {}", value.number(), value.name()));
    }
}

fn describe_field(package: &str, message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let mut text = format!("{} {} ", field.number(), field.name());
    let map_entry = message
        .nested_type
        .iter()
        .find(|nested| is_map_entry(nested) && field.type_name().ends_with(&format!(".{}", nested.name())));
    if let Some(entry) = map_entry {
        let [key, value] = [&entry.field[0], &entry.field[1]].map(|field| type_name(package, field));
        let _ = write!(text, "map<{key}, {value}>");
    } else {
        if field.label() == Label::Repeated {
            text += "repeated ";
        }
        if field.proto3_optional() {
            text += "optional ";
        }
        text += &type_name(package, field);
    }
    // The compiler wraps each `optional` field in its own oneof, which is not in the table.
    if let Some(index) = field.oneof_index.filter(|_| !field.proto3_optional()) {
        let group = usize::try_from(index)
            .ok()
            .and_then(|index| message.oneof_decl.get(index));
        let _ = write!(
            text,
            " oneof {}",
            group.expect("a field's group is declared").name()
        );
    }
    if field
        .options
        .as_ref()
        .is_some_and(prost_types::FieldOptions::deprecated)
    {
        text += " deprecated";
    }
    text
}

fn describe_method(package: &str, method: &MethodDescriptorProto) -> String {
    let stream = |streaming| if streaming { "stream " } else { "" };
    format!(
        "rpc {} {}{} {}{}",
        method.name(),
        stream(method.client_streaming()),
        within(package, method.input_type()),
        stream(method.server_streaming()),
        within(package, method.output_type()),
    )
}

fn type_name(package: &str, field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Bool => "bool".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Int64 => "int64".to_owned(),
        Type::String => "string".to_owned(),
        Type::Uint32 => "uint32".to_owned(),
        Type::Message | Type::Enum => within(package, field.type_name()),
        other => format!("{other:?}"),
    }
}

/// Shortens `.tfplugin6.Schema.Block` to `Schema.Block`, and `.google.protobuf.Empty` to
/// `google.protobuf.Empty`.
fn within(package: &str, full_name: &str) -> String {
    let name = full_name.trim_start_matches('.');
    name.strip_prefix(&format!("{package}."))
        .unwrap_or(name)
        .to_owned()
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message
        .options
        .as_ref()
        .is_some_and(prost_types::MessageOptions::map_entry)
}
