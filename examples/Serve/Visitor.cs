using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Serve;

/// <summary>Whose the answers are. Here, without accounts, a browser's: it is known by a secret of its own, in a cookie that no script sees and no other site sends.</summary>
internal static class Visitor
{
    private const string Cookie = "visitor";
    private const int SecretLength = 32;

    public static Task RecognizeAsync(HttpContext context, RequestDelegate next)
    {
        var secret = context.Request.Cookies[Cookie];
        if (secret?.Length != SecretLength)
        {
            secret = RandomNumberGenerator.GetHexString(SecretLength, lowercase: true);
            context.Response.Cookies.Append(Cookie, secret, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, IsEssential = true });
        }

        // The secret itself goes no further: owners' names are in messages and logs.
        context.Items[typeof(Visitor)] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)))[..16];
        return next(context);
    }

    public static string Of(HttpContext context) => (string)context.Items[typeof(Visitor)]!;
}
