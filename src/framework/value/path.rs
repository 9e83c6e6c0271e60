//! Paths within values, for diagnostics and replacements.

use std::fmt;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// To an attribute of an object.
    Attribute(String),
    /// To an element of a map.
    Key(String),
    /// To an element of a list. Elements of a set have no step: a path ends at the set.
    Index(i64),
}

/// The steps from the root of a configuration to one of its values.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

impl Path {
    /// Returns the path of the whole value.
    pub fn root() -> Self {
        Path::default()
    }

    /// Returns the path of a top-level attribute.
    pub fn attribute(name: impl Into<String>) -> Self {
        Path::root().child(Step::Attribute(name.into()))
    }

    /// Returns the path with one more step.
    #[must_use]
    pub fn child(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// Returns the path of the attribute `name` of the object at this path.
    #[must_use]
    pub fn then(&self, name: impl Into<String>) -> Self {
        self.child(Step::Attribute(name.into()))
    }

    /// Returns the steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Path(steps.into_iter().collect())
    }
}

impl fmt::Display for Path {
    /// Writes the path as in HCL: `read_write.instance_size`, `keepers["a"]`, `ids[0]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_uses_configuration_syntax() {
        let nested = Path::attribute("read_write").then("instance_size");
        assert_eq!(nested.to_string(), "read_write.instance_size");
        let element = Path::attribute("keepers").child(Step::Key("a \"b\"".into()));
        assert_eq!(element.to_string(), r#"keepers["a \"b\""]"#);
        assert_eq!(
            Path::attribute("ids")
                .child(Step::Index(2))
                .then("id")
                .to_string(),
            "ids[2].id"
        );
        assert_eq!(Path::root().to_string(), "");
    }
}
