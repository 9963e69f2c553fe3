namespace Tocsin.Pages;

/// <param name="Fault">Why the last try failed; says nothing about which part was wrong.</param>
/// <param name="Next">A path of ours to go to afterwards.</param>
public sealed record LoginModel(string Email, string? Fault, string Next)
{
    /// <summary>What single sign-on is called; null: there is none.</summary>
    public string? Provider { get; init; }

    /// <summary>What was done on the way here.</summary>
    public string? Notice { get; init; }

    /// <summary>Anybody may make an account.</summary>
    public bool MayRegister { get; init; }

    /// <summary>It could not be reached a moment ago.</summary>
    public bool ProviderIsAway { get; init; }

    public bool ShowsPassword { get; init; } = true;

    /// <summary>The form is there for owners only, behind a link.</summary>
    public bool HidesPassword { get; init; }

    /// <summary>Just logged out here, and perhaps not at the provider.</summary>
    public bool HasLeft { get; init; }
}

/// <param name="Faults">By field: name, email, password; or "" for the whole form.</param>
public sealed record SetupModel(string Token, string Name, string Email, IReadOnlyDictionary<string, string> Faults);

/// <summary>The setup link is used or too old.</summary>
public sealed record SetupGoneModel(string Reason);

public sealed record ErrorModel
{
    public required int Status { get; init; }

    public required string Title { get; init; }

    public required string Text { get; init; }

    /// <summary>For the logs; null where nothing failed.</summary>
    public string? TraceId { get; init; }

    public string? Retry { get; init; }

    /// <summary>Null: not told to those who are not signed in.</summary>
    public EngineLine? Engine { get; init; }
}
