//! A page for the provider and for each thing it offers.

use std::fmt::Write as _;
use std::path::Path;

use motherduck_provider::proto::tfplugin6 as proto;

use super::attributes::{list, type_name};
use super::provider::{Provider, block};
use super::{Page, example, example_if_any};

/// How the pages of a kind are called, and where they and their examples are.
struct Kind {
    title: &'static str,
    /// Below `docs/` and below `examples/`.
    folder: &'static str,
    /// In the example's folder.
    example: &'static str,
    /// What the reader needs for it, and how it is used: paragraphs in Markdown.
    needs: &'static str,
}

const RESOURCE: Kind = Kind {
    title: "Resource",
    folder: "resources",
    example: "resource.tf",
    needs: "",
};
const DATA_SOURCE: Kind = Kind {
    title: "Data Source",
    folder: "data-sources",
    example: "data-source.tf",
    needs: "",
};
const EPHEMERAL_RESOURCE: Kind = Kind {
    title: "Ephemeral Resource",
    folder: "ephemeral-resources",
    example: "ephemeral-resource.tf",
    needs: "Needs Terraform 1.10 or OpenTofu 1.11.",
};
const LIST_RESOURCE: Kind = Kind {
    title: "List Resource",
    folder: "list-resources",
    example: "list-resource.tfquery.hcl",
    needs: "Needs Terraform 1.14; OpenTofu has no `query`. The blocks go into a file whose name ends in \
        `.tfquery.hcl`, beside a `.tf` file with `required_providers` and the `provider` block. After `terraform \
        init`, `terraform query` shows what there is (`-json` the whole objects, where `include_resource = true` \
        asks for them), and `terraform query -generate-config-out=generated.tf` writes a resource and an `import` \
        block for each into a new file. `terraform plan` and `terraform apply` then import them.\n\n\
        Terraform stops without a word at the `limit` of a block, which is 100 where none is set: set it above the \
        number you expect. Let no two blocks list the same object: it would be imported twice, and removing one of \
        the two copies from the configuration destroys the object. The code that is written names accounts \
        literally; refer to the `id` of their resources instead, so that Terraform knows the order, and leave out \
        the account and the token that Terraform itself works with.",
};
const ACTION: Kind = Kind {
    title: "Action",
    folder: "actions",
    example: "action.tf",
    needs: "Needs Terraform 1.14; OpenTofu has no actions. `terraform apply -invoke=action.TYPE.NAME` invokes one by \
        itself, and the `action_trigger` of a resource together with a change of it.",
};

/// All of them.
pub(crate) fn all(provider: &Provider) -> Vec<Page> {
    let schemas = &provider.schemas;
    let mut pages = vec![index(schemas.provider.as_ref().unwrap())];
    for (name, schema) in &schemas.resource_schemas {
        let mut page = of_kind(&RESOURCE, name, schema);
        page.text += &import(name, provider.identities.get(name));
        pages.push(page);
    }
    for (kind, named) in [
        (&DATA_SOURCE, &schemas.data_source_schemas),
        (&EPHEMERAL_RESOURCE, &schemas.ephemeral_resource_schemas),
        (&LIST_RESOURCE, &schemas.list_resource_schemas),
    ] {
        pages.extend(named.iter().map(|(name, schema)| of_kind(kind, name, schema)));
    }
    for (name, action) in &schemas.action_schemas {
        pages.push(of_kind(&ACTION, name, action.schema.as_ref().unwrap()));
    }
    pages.extend(
        schemas
            .functions
            .iter()
            .map(|(name, declared)| function(name, declared)),
    );
    pages
}

/// The beginning of every page: what the registry reads, the heading, what it is about, and how it is used.
fn opening(title: &str, heading: &str, summary: &str, description: &str, usage: &str) -> String {
    // Every line of a block in YAML is indented.
    let summary = summary.replace('\n', "\n  ");
    format!(
        "---\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n  {summary}\n---\n\n# {heading}\n\n\
         {description}\n\n## Example Usage\n\n```terraform\n{usage}```\n"
    )
}

fn schema_section(schema: &proto::Schema) -> String {
    let attributes = list(&block(schema).attributes, "", |group| format!("### {group}"));
    format!("\n## Schema\n{attributes}")
}

fn index(schema: &proto::Schema) -> Page {
    let description = &block(schema).description;
    let usage = example("provider/provider.tf");
    let opening = opening(
        "Provider: MotherDuck",
        "MotherDuck Provider",
        description,
        description,
        &usage,
    );
    Page {
        path: "index.md".into(),
        text: opening + &schema_section(schema),
    }
}

fn of_kind(kind: &Kind, name: &str, schema: &proto::Schema) -> Page {
    let Kind { title, folder, .. } = kind;
    let short = name
        .strip_prefix("motherduck_")
        .expect("every type name starts with the provider's");
    let summary = &block(schema).description;
    let description = match kind.needs {
        "" => summary.clone(),
        needs => format!("{summary}\n\n{needs}"),
    };
    let opening = opening(
        &format!("{name} {title} - motherduck"),
        &format!("{name} ({title})"),
        summary,
        &description,
        &example(&format!("{folder}/{name}/{}", kind.example)),
    );
    Page {
        path: Path::new(folder).join(format!("{short}.md")),
        text: opening + &schema_section(schema),
    }
}

/// How what exists is taken over: by its id, or by its identity.
fn import(name: &str, identity: Option<&proto::ResourceIdentitySchema>) -> String {
    let folder = format!("resources/{name}");
    let mut text = format!(
        "\n## Import\n\n```shell\n{}```\n",
        example(&format!("{folder}/import.sh"))
    );
    let Some(identity) = identity else { return text };
    if let Some(block) = example_if_any(&format!("{folder}/import-by-identity.tf")) {
        write!(
            text,
            "\nFrom Terraform 1.12 on, an `import` block can give the identity instead of the id:\n\n\
             ```terraform\n{block}```\n"
        )
        .unwrap();
    }
    text += "\n### Identity\n\n";
    for attribute in &identity.identity_attributes {
        let need = if attribute.required_for_import {
            "Required"
        } else {
            "Optional"
        };
        let of = type_name(&attribute.r#type);
        writeln!(
            text,
            "- `{}` ({of}, {need}) {}",
            attribute.name, attribute.description
        )
        .unwrap();
    }
    text
}

fn function(name: &str, declared: &proto::Function) -> Page {
    let usage = example(&format!("functions/{name}/function.tf"));
    let description = format!(
        "{}\n\nNeeds Terraform 1.8 or OpenTofu 1.7. In OpenTofu 1.12, a provider's function in an `assert` of `tofu \
         test` crashes OpenTofu itself, and `tofu console` knows it only where the configuration calls it too.",
        declared.description
    );
    let mut text = opening(
        &format!("{name} function - motherduck"),
        &format!("function: {name}"),
        &declared.summary,
        &description,
        &usage,
    );
    let typed = |parameter: &proto::function::Parameter| {
        format!(
            "{} {}",
            parameter.name,
            type_name(&parameter.r#type).to_lowercase()
        )
    };
    let parameters: Vec<String> = declared.parameters.iter().map(typed).collect();
    let returns = declared
        .r#return
        .as_ref()
        .map(|returns| type_name(&returns.r#type).to_lowercase());
    write!(
        text,
        "\n## Signature\n\n```text\n{name}({}) {}\n```\n\n## Arguments\n\n",
        parameters.join(", "),
        returns.unwrap_or_default()
    )
    .unwrap();
    for parameter in &declared.parameters {
        let nullable = if parameter.allow_null_value {
            ", Nullable"
        } else {
            ""
        };
        let of = type_name(&parameter.r#type);
        writeln!(
            text,
            "1. `{}` ({of}{nullable}) {}",
            parameter.name, parameter.description
        )
        .unwrap();
    }
    Page {
        path: Path::new("functions").join(format!("{name}.md")),
        text,
    }
}
