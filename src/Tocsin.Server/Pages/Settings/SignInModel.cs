namespace Tocsin.Pages;

/// <summary>Who gets in and how: what the workspace asks for, and what the installation says.</summary>
public sealed record SignInModel
{
    /// <summary>none, admins or everybody.</summary>
    public required string SecondFactor { get; init; }

    /// <summary>What the installation asks of everybody, whatever the workspace says.</summary>
    public required string Least { get; init; }

    /// <summary>Only owners invite.</summary>
    public bool OwnersInvite { get; init; }

    /// <summary>The reader may change what the workspace asks for.</summary>
    public bool MayChange { get; init; }

    /// <summary>Members who have no second factor, and did not come by single sign-on.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    public IReadOnlyList<SignInGroup> Groups { get; init; } = [];

    /// <summary>Some settings are the operator's alone to see, since other workspaces share the installation.</summary>
    public bool HidesSome { get; init; }
}

public sealed record SignInGroup(string Name, IReadOnlyList<SignInSetting> Lines);

/// <param name="Key">The setting; null: it cannot be changed.</param>
/// <param name="From">Where the value comes from.</param>
public sealed record SignInSetting(string What, string Value, string? Key, string From)
{
    /// <summary>What the doctor says of it; null: nothing.</summary>
    public string? Says { get; init; }

    /// <summary>What to do about it; null: it is all right.</summary>
    public string? Fix { get; init; }
}
