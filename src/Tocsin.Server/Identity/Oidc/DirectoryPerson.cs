using System.Text.Json;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Identity.Oidc;

/// <summary>Somebody as the provider knows them. All but the subject is what the provider lets people be called.</summary>
/// <param name="Subject">The provider's id of the person; never given to another.</param>
/// <param name="Email">Lower case; null: not told, or not an address.</param>
/// <param name="Handle">The name that the person logs in with there; a proposal for the one here.</param>
internal sealed record DirectoryPerson(
    string Issuer, string Subject, string? Email, bool EmailIsVerified, string? FullName, string? Handle, IReadOnlyList<string> Groups)
{
    private const int MostGroups = 2000;

    /// <summary>Reads a checked ID token.</summary>
    /// <param name="more">What the provider's userinfo adds for the same subject; null: it was not asked.</param>
    /// <returns>An error where the provider left the groups out since there are too many of them: nobody loses a role by being in many groups.</returns>
    public static Result<DirectoryPerson> Read(JsonElement claims, JsonElement? more, OidcOptions settings)
    {
        // Both from the same place: an address of one with the other's word that it is verified would be neither's.
        var mail = claims.Text("email") is not null || more is null ? claims : more.Value;
        var groups = GroupsIn(claims, settings.GroupsClaim) ?? (more is { } further ? GroupsIn(further, settings.GroupsClaim) : null);
        if (groups is null && IsOverflowing(claims, settings.GroupsClaim))
        {
            return Error.Forbidden("You are in more groups than the provider puts into a token. An administrator of the provider can limit it to the groups that Tocsin needs.");
        }

        var email = mail.Text("email")?.Trim().ToLowerInvariant();
        return new DirectoryPerson(
            claims.Text("iss")!, claims.Text("sub")!, IsAddress(email) ? email : null, settings.TrustEmail || Says(mail, "email_verified"),
            Line(claims.Text("name") ?? more?.Text("name"), 200), Line(claims.Text("preferred_username") ?? more?.Text("preferred_username"), 200), groups ?? []);
    }

    /// <summary>Whether the token alone says all that is needed; else the provider's userinfo is worth a request.</summary>
    public static bool IsWhole(JsonElement claims, OidcOptions settings) =>
        claims.Text("email") is not null
        && (settings.RoleByGroup.Count + settings.TeamByGroup.Count == 0 || GroupsIn(claims, settings.GroupsClaim) is not null || IsOverflowing(claims, settings.GroupsClaim));

    /// <returns>Null: the claim is not there.</returns>
    private static IReadOnlyList<string>? GroupsIn(JsonElement claims, string path)
    {
        if (Find(claims, path) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Take(MostGroups).Select(group => group.Text()).OfType<string>().Distinct(StringComparer.Ordinal)]
            : value.Text() is { } only ? [only] : [];
    }

    /// <summary>A claim by its name, dots included (some are addresses); else along its dots.</summary>
    private static JsonElement? Find(JsonElement claims, string path)
    {
        if (claims.TryGetProperty(path, out var direct))
        {
            return direct;
        }

        var at = claims;
        foreach (var step in path.Split('.'))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step, out at))
            {
                return null;
            }
        }

        return at;
    }

    /// <summary>The token says that the claim is to be fetched elsewhere (Core 5.6.2), which is how providers tell of too many groups.</summary>
    private static bool IsOverflowing(JsonElement claims, string claim) =>
        claims.TryGetProperty("_claim_names", out var names) && names.ValueKind == JsonValueKind.Object && names.TryGetProperty(claim, out _);

    private static bool Says(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && (value.ValueKind == JsonValueKind.True || value.Text() == "true");

    private static bool IsAddress(string? email) => email is { Length: <= 254 } && MailBox.Fault(email) is null;

    private static string? Line(string? text, int max) => PlainText.OneLine(text, max) is { Length: > 0 } line ? line : null;
}
