using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>Looking at another workspace that one is a member of.</summary>
internal static class WorkspaceSwitch
{
    /// <summary>Begins a session there, with what was proved for this one, and ends this one: a form that another tab still shows must not act on the new workspace.</summary>
    /// <returns>False: the caller is not a member there, or not logged in with a browser.</returns>
    public static async Task<bool> ToAsync(HttpContext http, Caller caller, string workspace, CancellationToken ct)
    {
        if (SessionCookie.Read(http.Request) is not { } token || !caller.ByCookie
            || await http.RequestServices.GetRequiredService<SignIn>().SwitchAsync(caller, token, workspace, ct) is not { } next)
        {
            return false;
        }

        SessionCookie.Write(http, next);
        return true;
    }
}
