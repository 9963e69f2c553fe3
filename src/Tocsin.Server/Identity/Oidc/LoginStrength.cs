using System.Text.Json;

namespace Tocsin.Identity.Oidc;

/// <summary>What is asked of the provider's own login beyond that there was one: how strong it was and how long ago. Pure.</summary>
internal static class LoginStrength
{
    /// <summary>What the browser is sent to the provider with.</summary>
    public static IEnumerable<(string Name, string Value)> Asked(OidcOptions settings)
    {
        if (settings.AcrValues.Length > 0)
        {
            yield return ("acr_values", settings.AcrValues);
        }

        if (settings.MaxAgeMinutes > 0)
        {
            yield return ("max_age", $"{settings.MaxAgeMinutes * 60}");
        }
    }

    /// <param name="claims">Of an ID token that was checked.</param>
    /// <param name="now">By the wall clock, as the provider's times are.</param>
    /// <returns>What is missing, for the log; null: nothing.</returns>
    public static string? Fault(JsonElement claims, OidcOptions settings, DateTimeOffset now)
    {
        if (settings.AcrValues.Length > 0 && !settings.AcrValues.Split(' ', StringSplitOptions.RemoveEmptyEntries).Contains(claims.Text("acr"), StringComparer.Ordinal))
        {
            return "its login is of a class (acr) that Oidc:AcrValues does not name.";
        }

        var wanted = settings.AmrValues.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
        if (wanted.Length > 0 && !wanted.Intersect(Methods(claims), StringComparer.Ordinal).Any())
        {
            return "its login used none of the methods (amr) that Oidc:AmrValues names.";
        }

        return settings.MaxAgeMinutes > 0
            && !(claims.TryGetProperty("auth_time", out var at) && at.ValueKind == JsonValueKind.Number && at.TryGetInt64(out var seconds)
                && seconds >= (now - TimeSpan.FromMinutes(settings.MaxAgeMinutes) - IdToken.Skew).ToUnixTimeSeconds() && seconds <= (now + IdToken.Skew).ToUnixTimeSeconds())
            ? "its login (auth_time) is older than Oidc:MaxAgeMinutes, or it does not say when it was."
            : null;
    }

    private static IEnumerable<string> Methods(JsonElement claims) =>
        claims.TryGetProperty("amr", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Select(word => word.Text() ?? "") : [];
}
