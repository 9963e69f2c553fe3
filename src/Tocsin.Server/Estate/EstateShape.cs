namespace Tocsin.Estate;

/// <summary>What may stand at a place of an estate. The one table of shapes is <see cref="EstateTable"/>.</summary>
internal abstract record EstateShape;

/// <summary>One value as text.</summary>
/// <param name="Says">Completes "… is not": <c>a duration such as 30s, 5m or 1h30m</c>.</param>
/// <param name="Reads">Whether a text, references filled in, is such a value.</param>
internal sealed record ScalarShape(string Says, Func<string, bool> Reads) : EstateShape
{
    /// <summary>The only values there are; empty: <see cref="Reads"/> decides.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>For editors, besides <see cref="Reads"/>; an ECMA 262 expression over the whole text.</summary>
    public string? Pattern { get; init; }

    /// <summary>How it is also written in YAML and JSON without quotes: integer, boolean; null: only as text.</summary>
    public string? Literal { get; init; }

    /// <summary>The kind of object that the text names; null: none.</summary>
    public string? Names { get; init; }

    /// <summary>A word that stands for no object where <see cref="Names"/> is set.</summary>
    public string? OrWord { get; init; }

    /// <summary>The text names an object as <c>kind:name</c>.</summary>
    public bool IsTarget { get; init; }

    /// <summary>The value that a wrong one was probably meant to be; by default the nearest of <see cref="Words"/>.</summary>
    public Func<string, string?>? Nearest { get; init; }

    /// <summary>A missing value and the empty text are not the same here.</summary>
    public bool MayBeEmpty { get; init; }
}

/// <param name="AtLeast">How many items there must be when the list is given at all.</param>
internal sealed record ListShape(EstateShape Item, string Items, int AtLeast = 0) : EstateShape;

/// <summary>Any keys with texts, such as labels.</summary>
internal sealed record TextsShape(string Says) : EstateShape;

internal enum ProviderPort
{
    None,

    /// <summary>Further keys are the settings of the notifier that the key <c>type</c> names.</summary>
    Notifier,

    /// <summary>Further keys are the settings of the alert source that the key <c>type</c> names.</summary>
    Source,
}

/// <param name="Id">Unique; names the definition in the JSON schema.</param>
/// <param name="Says">With its article: <c>a contact method</c>.</param>
internal sealed record MapShape(string Id, string Says, Func<IReadOnlyList<EstateField>> Keys, ProviderPort Port = ProviderPort.None) : EstateShape
{
    // A route contains routes, so the keys are asked for late.
    private readonly Lazy<IReadOnlyList<EstateField>> _fields = new(Keys);

    public IReadOnlyList<EstateField> Fields => _fields.Value;
}

/// <param name="Help">One sentence with unit, range and default.</param>
/// <param name="Secret">Masked wherever it is shown; never exported unless it is a reference.</param>
internal sealed record EstateField(string Key, EstateShape Shape, string Help, bool Required = false, bool Secret = false)
{
    /// <summary>Another key that means the same; only one of the two may be given.</summary>
    public string? Alias { get; init; }
}

/// <summary>A kind of object.</summary>
/// <param name="Id">As it is stored: <c>user</c>.</param>
/// <param name="Section">The top-level key whose list holds the objects: <c>users</c>.</param>
internal sealed record EstateKind(string Id, string Section, MapShape Shape);
