namespace Tocsin.Pages;

/// <summary>The description of the API as a person reads it. Texts are Markdown.</summary>
public sealed record DocsModel(string Description, IReadOnlyList<DocsNote> Credentials, IReadOnlyList<DocsChapter> Chapters, IReadOnlyList<DocsShape> Shapes);

public sealed record DocsNote(string Name, string Text);

public sealed record DocsChapter(string Name, string? Text, IReadOnlyList<DocsCall> Calls)
{
    public string Anchor => Name.ToLowerInvariant().Replace(' ', '-');
}

/// <param name="IsOpen">Needs no credential of the API's own.</param>
public sealed record DocsCall(string Id, string Method, string Path, string? Summary, string? Text, bool IsOpen)
{
    public IReadOnlyList<DocsField> Parameters { get; init; } = [];

    /// <summary>Null: it takes none.</summary>
    public DocsField? Body { get; init; }

    /// <summary>Named by their status.</summary>
    public required IReadOnlyList<DocsField> Answers { get; init; }
}

/// <param name="Where">Of a parameter: path, query or header.</param>
public sealed record DocsField(string Name, DocsType? Type, string? Text, bool IsRequired = false, string? Where = null);

/// <summary>A kind of value in words, and the shape that the last of them names.</summary>
/// <param name="Shape">Null: there is no more to say.</param>
public sealed record DocsType(string Words, string? Shape);

/// <summary>An object that calls take or answer.</summary>
public sealed record DocsShape(string Name, string? Text, IReadOnlyList<DocsField> Members);
