using Microsoft.Extensions.Logging;

namespace Tocsin.Identity.Oidc;

internal static partial class OidcLog
{
    [LoggerMessage(3001, LogLevel.Warning, "Single sign-on: {Fault} People can't log in by it until it is mended")]
    public static partial void ProviderFailed(this ILogger logger, string fault);

    [LoggerMessage(3002, LogLevel.Warning, "Single sign-on: a login was refused: {Why}")]
    public static partial void LoginRefused(this ILogger logger, string why);

    [LoggerMessage(3003, LogLevel.Warning, "Single sign-on: the team {Team} of Oidc:Teams is not in the estate; nobody joins it")]
    public static partial void TeamMissing(this ILogger logger, string team);

    [LoggerMessage(3004, LogLevel.Warning, "Single sign-on: {User} would change sides in the team {Team}, which {Origin} manages; it stays as it is there")]
    public static partial void TeamOfFile(this ILogger logger, string user, string team, string origin);

    [LoggerMessage(3005, LogLevel.Warning, "Single sign-on: the teams of {User} could not follow the groups: {Fault}. The login stands; the next one tries again")]
    public static partial void TeamsNotFollowed(this ILogger logger, string user, string fault);
}
